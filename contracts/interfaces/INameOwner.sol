// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Who owns a name
/// @notice What NameAlias asks before a name stands for a number. There is one implementation, EnsOwners.
interface INameOwner {
    /// @notice Says who owns `label`.eth now.
    /// @dev Never reverts, and spends a bounded amount of gas. What cannot be found out is nobody's.
    /// @param label The name, without .eth.
    /// @return owner The account; zero when nobody owns the name, or when it cannot be told who does.
    function ownerOf(string calldata label) external view returns (address owner);
}
