// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IENSRegistry, IEthRegistrar} from "../interfaces/IENS.sol";

/// @title ENS for a chain to play on
/// @notice Registry and registrar of .eth in one, in which a name goes to whoever comes first, for ever. So the demo and
///         the examples have names in .eth by the same EnsOwners as a chain with ENS. Never deployed in public.
contract PlayEns is IENSRegistry, IEthRegistrar {
    /// @notice The name is somebody's already.
    /// @param label The name, without .eth.
    /// @param holder Whose it is.
    error NotAvailable(string label, address holder);

    mapping(uint256 id => address) private _owners;

    /// @notice Gives a name to `holder`.
    /// @param label The name, without .eth.
    /// @param holder Whose it will be.
    function register(string calldata label, address holder) external {
        uint256 id = uint256(keccak256(bytes(label)));
        if (_owners[id] != address(0)) revert NotAvailable(label, _owners[id]);
        _owners[id] = holder;
    }

    /// @inheritdoc IENSRegistry
    function owner(bytes32) external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IEthRegistrar
    function ownerOf(uint256 id) external view returns (address) {
        return _owners[id];
    }
}
