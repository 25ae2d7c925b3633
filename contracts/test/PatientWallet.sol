// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @title A contract account that signs by a transaction: whatever signature was approved for a digest, even an empty one
contract PatientWallet is IERC1271, IERC721Receiver {
    mapping(bytes32 digest => mapping(bytes32 signatureHash => bool)) private _approved;

    function approve(bytes32 digest, bytes calldata signature) external {
        _approved[digest][keccak256(signature)] = true;
    }

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC721Receiver.onERC721Received.selector;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return _approved[digest][keccak256(signature)] ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
